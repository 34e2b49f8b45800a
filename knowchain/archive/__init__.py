"""Reading and writing what other institutions write: the floor where archives meet the chain.

``custody`` reads custody histories, ``tables`` reads spreadsheets and maps them to works, rights and
events. Everything here is pure: text in, drafts out; nothing is signed, stored or fetched.
"""
