"""Amazon SNS: what topics deliver to functions."""
