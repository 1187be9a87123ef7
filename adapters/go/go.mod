module pay.conformance/adapter

go 1.22

require github.com/gotokatsuya/amazon-pay-sdk-go v0.0.0-20210228091943-4ad67f44e7f2

require github.com/rs/xid v1.2.1 // indirect
