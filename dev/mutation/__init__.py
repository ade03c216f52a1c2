"""`python -m dev.mutation`: each permission check of the code is opened in turn, and the tests have to notice.

`checks` finds the checks in the source by its syntax tree, `opened` is what stands in their place, `swapping` puts the
changed code into the loaded functions (no file is touched), `running` asks the tests in a forked process for each, and
`allowed.toml` holds the checks that no test can notice, each with its reason.
"""
