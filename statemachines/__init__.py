import logging

# On import the SDK says where it looked for defaults and found none: two lines that are nobody's concern.
logging.getLogger("sagemaker.config").setLevel(logging.WARNING)
