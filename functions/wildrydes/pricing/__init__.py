"""What a ride should cost: weather bands, today's rule by distance alone, and prices by the weather."""
