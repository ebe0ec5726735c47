"""The error report: one page that shows what was missed, what was found wrongly, and where."""
