"""The pages of the site as frozen values, a module for each kind."""
