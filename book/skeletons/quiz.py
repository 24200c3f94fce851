# %% [markdown]
# # TITLE
#
# TODO: the lead, 25 words or more. Ten questions on what this chapter teaches; each has
# its solution folded below it, with the reason. Answer first, then look; a solution
# names the page to read again.

# %% [markdown]
# ## Questions

# %% [markdown]
# ### 1. TODO
#
# TODO: a question that a reader who has understood can answer on paper.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 2. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 3. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 4. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 5. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 6. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 7. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 8. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 9. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>

# %% [markdown]
# ### 10. TODO
#
# TODO: the question.
#
# <details><summary>Solution</summary>
#
# TODO: the answer, its reason, and the page that teaches it.
#
# </details>
