"""The console: a page to see and steer a stack, on the embedded AWS or on AWS. `wildrydes console` starts it.

    application   what is served: the page's files, and what it asks for under /api/
    guard         who may ask: this machine, by the address that the command printed
    changes       what has changed, told to pages as it happens
    workflow/     state machines, their executions, and what starts, stops and redrives them
    models/       champions and other models, a rollback, and rides to try
    operations/   alarms, queues with their dead letters, schedules
    page/         the page's sources (TypeScript); `make page` builds them into assets/
    assets/       the page as it is served

It does what the commands do, by the same functions and the user's own credentials.
"""
