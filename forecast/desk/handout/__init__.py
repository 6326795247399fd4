"""A month to pass on: as a picture, a slide, a page. Sends nothing."""
