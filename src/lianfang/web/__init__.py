"""Today, navigation, overview, sign-in, first visit, search. Stores nothing of its own."""
