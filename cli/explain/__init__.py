"""`make explain MODEL=…`: what a model was made from, and whether that still gives the same model.

- `cards`       an execution or the file of a card -> the card
- `inputs`      each input that the card names by digest -> match, differs, gone, or unknown
- `retraining`  the training job, started again as the card says; the weights it gives beside the model's
- `__main__`    the command

It knows the domain (`wildrydes`: digests, lists, artefacts; so `functions` is on its path), and of `local` how to reach
what `make up` started. Neither knows of it.
"""
