"""Where API Gateway differs from MiniStack's: what it makes of an OpenAPI document, how it answers, what it logs.

- `documents`: an OpenAPI 3 document imported whole, and again in place
- `variables`: `${AWS::Region}` and its like, resolved when a document is imported
- `exchanges`: limits, validation, answers of its own, one id for each request
- `service_integrations`: methods that call Step Functions and other services by themselves
- `http_documents`, `http_integrations`: HTTP APIs out of a template's document, and what their routes call
- `access_log`: a line a request, in the stage's format
- `cache`: answers to GET that a stage's cache gives without asking the function
- `install`: puts them in their places
"""
