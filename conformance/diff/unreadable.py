"""The one error of the comparison: what was named cannot be read as a contract. Its text is one line for people."""


class ContractUnreadable(Exception):
    """A document is not there, is no OpenAPI 3 or AsyncAPI 3, or refers to something that is not there."""
