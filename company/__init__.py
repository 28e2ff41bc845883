"""An invented company at work: the rows that its ordinary days leave in the logs.

Written from the vendors' documents and from how such companies work, without regard to any rule.
"""
