# Every target does its own set-up; see README.md.
GO ?= go
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
export GOFLAGS ?= -mod=readonly
SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
# What the tests take from the system, program=package.
TEST_NEEDS = ip=iproute2 keepalived=keepalived tshark=tshark ping=iputils-ping tcpdump=tcpdump gcc=gcc \
	ipvsadm=ipvsadm nft=nftables nginx=nginx-light \
	snmpd=snmpd snmpbulkwalk=snmp snmptrapd=snmptrapd $(VM_NEEDS)
VM_NEEDS = qemu-system-x86_64=qemu-system-x86 busybox=busybox-static modprobe=kmod xz=xz-utils ip=iproute2 ipvsadm=ipvsadm
DEMO_NEEDS = ip=iproute2 ping=iputils-ping

.PHONY: all build demo demo-lvs test test-race lint bench install clean vuln

all: build

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/keepalived ./cmd/keepalived

demo: build
	@scripts/need $(DEMO_NEEDS)
	@scripts/demo

demo-lvs: build
	@scripts/need $(VM_NEEDS)
	@scripts/demo-lvs

test:
	@NEED_OPTIONAL=1 scripts/need $(TEST_NEEDS)
	@scripts/test

lint:
	@test -z "$$(gofmt -s -l cmd internal pkg scripts)" || { gofmt -s -d cmd internal pkg scripts; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags bench ./scripts/bench ./cmd/keepalived
	$(GO) vet -tags guest ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test -count=1 ./internal/arch

vuln:
	$(GO) run $(GOVULNCHECK) ./...

bench: build
	@scripts/need ip=iproute2 keepalived=keepalived
	@$(GO) test -tags bench -count=1 -timeout 30m -v -run TestCompare ./scripts/bench | grep -vE '^(=== |\s*--- PASS|PASS|ok )'
	@$(GO) test -tags bench -count=1 -v -run ThousandScriptChanges ./cmd/keepalived | grep -vE '^(=== |PASS|ok )'
	@scripts/need $(VM_NEEDS) nginx=nginx-light
	@scripts/bench-lvs

install: build
	install -D -m 755 bin/keepalived $(DESTDIR)$(PREFIX)/sbin/keepalived
	install -d $(DESTDIR)$(PREFIX)/bin
	ln -sf ../sbin/keepalived $(DESTDIR)$(PREFIX)/bin/genhash
	install -D -m 644 conf/keepalived.conf.sample $(DESTDIR)$(SYSCONFDIR)/keepalived/keepalived.conf.sample
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|g' systemd/keepalived.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/keepalived.service

clean:
	rm -rf bin
