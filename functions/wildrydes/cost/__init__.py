"""What the project costs on AWS: a dated table of list prices, and what is used of each."""
