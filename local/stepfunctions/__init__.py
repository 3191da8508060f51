"""Step Functions: moto's interpreter of the Amazon States Language, served in the place of MiniStack's own.

`mount` serves moto's API in MiniStack's app and lets CloudFormation, EventBridge and Scheduler reach it; `calls` makes
its tasks call the embedded AWS as the state machine's role; `jobs` adds the `.sync` integrations of Athena and
SageMaker; `language` mends strings, paths and errors; `distributed_map` counts failed children.
`listings` answers by `pages`; `failures`, `lost_connections`, `choices`, `times` and `intrinsics` mend errors, those of
calls without an answer, Choice states, times and calls of functions; `single_states` runs one state, `versions` starts
what was published, `sync_executions` runs Express workflows for their callers, and `map_results` writes what a
Distributed Map exports.
`parsing` and `tokens` read definitions, each kind once; `serializing` writes answers; `batch_states` spares an import.
`saving` is what a server that keeps its state writes of all that.
`redrive` lets executions that failed go on, from what `redrive_progress` has written down.
`starts`, `ends` and `map_runs` write the starts and ends of executions and Map Runs under one lock, `views` reads under
it, and `notices` sends each change to EventBridge.
"""
