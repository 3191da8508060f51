"""Whether the world of a champion is still the one that it was trained for, and whether it is as good as its card says.

plan            the input of an execution of `monitor` -> a date and tasks
observations    what a query gave of the captured predictions -> rows with features, score and truth
drift           two histograms -> PSI, distance, and the chance of that distance
shares          a count that should be small -> its chance
error_budget    how sure all of that has to be, so that a quarter without drift raises no alarm
served          rows with their truth -> the served measure, its interval, calibration
report          all of it together, of a task and a day
metrics         a report -> a line of CloudWatch's embedded metric format
"""
