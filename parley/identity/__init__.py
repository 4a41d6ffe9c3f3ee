"""Who: accounts, sign-up, sign-in, OAuth."""
