"""Faults of a call to AWS that the next try may not have: throttling, a lost connection, a missing permission.

Such a fault is no fault of a ride: the queue delivers its message again, and dead-letters it if it fails each time.
"""

from botocore.exceptions import BotoCoreError, ClientError

from wildrydes.errors import MessagesNotSent

PASSING = (BotoCoreError, ClientError, MessagesNotSent)
