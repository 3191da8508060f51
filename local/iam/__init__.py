"""IAM: who calls, as which role, and on which resource."""
