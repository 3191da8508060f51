"""The reference pages, docs/reference/*.md, and the parts of other pages that the code knows: written from the code.

A page is made by one module of this folder, each from what the project itself uses: template.yaml, the commands, the
API's document, the model card, the metrics. `python -m docs.site.reference` writes them, `--check` compares.
"""
