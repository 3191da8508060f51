"""The serving side of the containers: one process a model, which answers GET /ping and POST /invocations.

- `__main__`: the process. It reads its token, loads the model, serves on a socket that it inherits, and ends with
  whoever started it
- `server`: the wire, `requests`: bodies in, `responses`: bodies out, in the formats of the developer guide
- `predictor`: what a model is to all of these; `models`: which module loads whose artefact

Source: "Use Your Own Inference Code with Hosting Services" and "Common Data Formats for Inference" of the developer
guide. The containers' own formats stand on the algorithms' pages ("Linear learner response formats", ...).
"""

# What a request must show, with the token of the process: a container has no such header.
TOKEN_HEADER = "X-Embedded-Aws-Container-Token"  # noqa: S105 - a header's name
