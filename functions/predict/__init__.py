"""The inference function.

What is imported stays as long as the process does. The garbage collector would look through it again and again while
it is imported, for a twentieth of a cold start, so it is off until predict.app is complete.
"""

import gc

gc.disable()
