wrk.method = "POST"
wrk.body = '{"number": 7907}'
wrk.headers["Content-Type"] = "application/json"
