"""The console: a page to see and steer a stack, on the embedded AWS or on AWS. `wildrydes console` starts it.

    application   what is served: the page's files, and what it asks for under /api/
    guard         who may ask: this machine, by the address that the command printed
    answers       what is asked for, as JSON, and every fault in words
    changes       what has changed, told to pages as it happens
    outputs       the stack's outputs, also after a later deployment
    workflow/     state machines, their executions, and what starts, stops and redrives them
    data/         rides and weather of a retraining, and ride files that are dropped on the page
    models/       champions and other models, a rollback, and rides to try
    serving/      what callers ask and measure, drift, and the leaderboard
    operations/   alarms, queues with their dead letters, schedules, charts, costs, grants
    sources       the digest of the page's sources
    page/         the page's sources (TypeScript); `make page` builds them into assets/
    assets/       the page as it is served

It does what the commands do, by the same functions and the user's own credentials.
"""
