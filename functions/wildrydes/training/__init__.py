"""What is trained: the candidates of an execution, their hyperparameters, and how those are searched for."""
