"""`wildrydes explain`: what a model was made from, and whether that still gives the same model.

- `cards`       an execution or the file of a card -> the card
- `inputs`      each input that the card names by digest -> match, differs, gone, or unknown
- `retraining`  the training job, started again as the card says; the weights it gives beside the model's
- `command`     the command
"""
