"""What may go wrong with a call of AWS and be right at the next try: throttling, a lost connection, a lacking grant.

Such a fault is no fault of a ride: its message is to be received again, and dead-lettered if it never passes.
"""

from botocore.exceptions import BotoCoreError, ClientError

from wildrydes.errors import MessagesNotSent

PASSING = (BotoCoreError, ClientError, MessagesNotSent)
