module github.com/gotokatsuya/amazon-pay-sdk-go

go 1.22
