# %% [markdown]
# # TITLE
#
# TODO: the lead, 25 words or more. What this page is for and who needs it; what the
# reader can do afterwards. A guide explains the book and teaches no part of its
# subject.
