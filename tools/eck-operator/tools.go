//go:build tools

// Package tools pins the operator of Elastic Cloud on Kubernetes.
package tools

import _ "github.com/elastic/cloud-on-k8s/v3/cmd"
