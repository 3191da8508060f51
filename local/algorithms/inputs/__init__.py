"""What the containers of all algorithms take in: the files that describe a job, and records in Amazon's own format."""
