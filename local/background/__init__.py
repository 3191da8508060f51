"""What the threads have in common that work in the background for as long as the server runs."""
