// SPDX-License-Identifier: Apache-2.0
// A kube-apiserver with its etcd in the same process, for tests on one machine. Environment: ETCD_DIR (data folder),
// ETCD_PORT (client port on 127.0.0.1). All arguments are kube-apiserver's; --etcd-servers is added.
package main

import (
	"fmt"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "kube-test-server:", err)
	os.Exit(1)
}

func startEtcd(dir, port string) (*embed.Etcd, error) {
	client, err := url.Parse("http://127.0.0.1:" + port)
	if err != nil {
		return nil, err
	}
	peer := url.URL{Scheme: "unix", Host: "peer:" + port} // a socket file of this name in the working directory
	c := embed.NewConfig()
	c.Name, c.Dir, c.LogLevel, c.UnsafeNoFsync = "test", dir, "error", true
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.TickMs, c.ElectionMs = 10, 100 // one member: elected at once
	e, err := embed.StartEtcd(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case err := <-e.Err():
		return nil, err
	case <-time.After(5 * time.Minute):
		return nil, fmt.Errorf("etcd not ready")
	}
}

func main() {
	if dir, port := os.Getenv("ETCD_DIR"), os.Getenv("ETCD_PORT"); dir != "" && port != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			fail(err)
		}
		e, err := startEtcd(dir, port)
		if err != nil {
			fail(err)
		}
		defer e.Close()
		os.Args = append(os.Args, "--etcd-servers=http://127.0.0.1:"+port)
	}
	code := cli.Run(app.NewAPIServerCommand())
	os.Exit(code)
}
