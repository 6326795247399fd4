"""What U.S. Customs and Border Protection publishes."""
