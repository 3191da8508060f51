"""The site of the pages: what it is made of (`navigation`, `pages`), how (`build`), and what is checked (`links`)."""
