"""Keeps the state of all services in a folder, so that the next server goes on where this one was killed.

`keeper` takes a snapshot soon after something has changed, all services at one moment; `answers` holds back what a
caller from outside is told until a snapshot has it. `parts` is what a service has to be kept, `pickling` how it is
written, `folder` and `files` where, and `versions` who may read it.

    request ──> answers ──> services ──> change ──> keeper: fork ──> folder: sections, bodies, manifest

docs/decisions/0055-one-moment-of-all-services.md says what that guarantees, and what it does not.
"""
