"""Reports, what staff decide, and the record of it; the rules and texts of the site."""
