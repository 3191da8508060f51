"""Queues and what they feed: SQS's messages, Lambda's pollers, and the notifications of S3 and EventBridge.

MiniStack keeps the wire, the queues' attributes and policies, the mappings' API, buckets' notification configurations,
and rules. Its messages are a list that every receive and delete goes through, and that the event loop and the poller's
thread overwrite for one another; its poller knows neither batching window nor batches of more than ten; targets are
called whether their policy allows it or not. In their places:

- `messages`: the messages of a queue, by which receive and delete cost the same however many there are
- `actions`: the SQS actions on them, with long polling that wakes up instead of asking again
- `checks`, `message_attributes`: what SQS refuses of queues and messages
- `dead_letters`: ListDeadLetterSourceQueues
- `authorisation`: which permission a call needs, and for which queue
- `move_tasks`: StartMessageMoveTask, by which a dead-letter queue is replayed
- `mapping`, `batches`, `poller`, `pollers`: event source mappings, from a queue to a function
- `grants`: what a function's role, or a resource's policy, allows a service to do
- `deliveries`, `invocations`, `destinations`: from S3 and EventBridge to functions and queues, and what became of it

FIFO queues stay MiniStack's; a mapping from one is refused. What differs from AWS is in `docs/conformance.md`.
"""
