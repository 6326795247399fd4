"""Border Patrol's arrests At Entry and At Large, from the tables of CBP's pages."""
