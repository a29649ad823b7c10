"""The sensitivity report: results of `standalone_node.sensitivity` as sections of a document.

To add a question, write a file with a function `section` and put it into `sections.SECTIONS`.
"""
