"""The trustless gateway: blocks and CARs over HTTP for anybody, who checks them; and whom to ask for more."""
