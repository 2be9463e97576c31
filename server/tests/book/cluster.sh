#!/bin/sh
# The control plane of a cluster, in the network that it is started in, and a reader who may do all in it. It has no
# nodes: what is applied is judged, kept and brought about up to the pods, which wait for one.
set -eu
mkdir -p "$HOME/.kube" "$HOME/.cluster"
cd "$HOME/.cluster"
openssl genpkey -algorithm RSA -out accounts.pem 2> openssl.log
token=$(openssl rand -hex 16)
echo "$token,reader,reader,system:masters" > tokens

etcd --data-dir etcd > etcd.log 2>&1 < /dev/null &
kube-apiserver --etcd-servers http://127.0.0.1:2379 --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port 6443 \
    --cert-dir certificates --authorization-mode RBAC --token-auth-file tokens --service-cluster-ip-range 10.96.0.0/24 \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file accounts.pem \
    --service-account-signing-key-file accounts.pem > kube-apiserver.log 2>&1 < /dev/null &

cat > "$HOME/.kube/config" <<CONFIG
apiVersion: v1
kind: Config
current-context: cluster
contexts: [{name: cluster, context: {cluster: cluster, user: reader}}]
users: [{name: reader, user: {token: $token}}]
clusters:
  - name: cluster
    cluster: {server: "https://127.0.0.1:6443", certificate-authority: $HOME/.cluster/certificates/apiserver.crt}
CONFIG

until kubectl get --raw /readyz > readyz 2>&1; do
    kill -0 $! 2> /dev/null || { tail kube-apiserver.log; exit 1; }
    sleep 0.2
done
kube-controller-manager --kubeconfig "$HOME/.kube/config" --use-service-account-credentials \
    --service-account-private-key-file accounts.pem --bind-address 127.0.0.1 --leader-elect=false \
    > kube-controller-manager.log 2>&1 < /dev/null &
