"""The site: pure functions that make HTML of pages and plan, and thin glue to Sphinx.

    python -m book.site.build      build it into _build/html

`shown` turns a notebook into what the site shows of it, `html` makes the pieces of a
page, `lists` what stands on the book's own pages. None of them knows Sphinx; `sphinx`
does.
"""
