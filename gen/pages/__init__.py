"""The pages of the site as frozen values: one maker and its values a file."""
