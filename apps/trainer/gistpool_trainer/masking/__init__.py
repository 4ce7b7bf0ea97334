"""Who may look at whom, described once per chain and rendered for SDPA, FlexAttention and the eye."""
