"""State machines and their executions: what a page shows of them, and how it steers them."""
