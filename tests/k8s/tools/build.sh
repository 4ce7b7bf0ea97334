#!/bin/sh
# Builds the pinned programs of the Kubernetes tests with Go, each once, into gistpool's cache folder.
#   build.sh [PROGRAM...]   default: all of versions.txt
# The light ones (helm, kubeconform) take a minute or two; the servers of Kubernetes ten and more on two cores.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gistpool/k8s
PATH=$PATH:/usr/local/go/bin

say() { printf '%s\n' "k8s tools: $*" >&2; }

command -v go >/dev/null 2>&1 || { say 'Go was not found (https://go.dev/dl), so nothing is built'; exit 1; }
mkdir -p "$cache"

# $1: the folder of a wrapper module, $2: what to build in it, $3: where to, $4: linker flags
build_in() {
  (cd "$1" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $4" -o "$3" "$2")
}

# $1: package at version, $2: the name that go install gives it, $3: where to
install_as() {
  bin=$3.bin
  CGO_ENABLED=0 GOBIN=$bin go install -trimpath -ldflags '-s -w' "$1"
  mv "$bin/$2" "$3"
  rmdir "$bin"
}

# A draft gets its name when it is whole, so that nobody runs half a program.
build() {
  name=$1 version=$2
  target=$cache/$name-$version
  if [ -x "$target" ]; then return; fi
  say "building $name $version"
  draft=$cache/.draft-$$-$name
  kubernetes=k8s.io/component-base/version
  case $name in
    helm) install_as "helm.sh/helm/v3/cmd/helm@$version" helm "$draft" ;;
    kubeconform) install_as "github.com/yannh/kubeconform/cmd/kubeconform@$version" kubeconform "$draft" ;;
    kwok) install_as "sigs.k8s.io/kwok/cmd/kwok@$version" kwok "$draft" ;;
    etcd) build_in "$here/etcd" . "$draft" '' ;;
    kube-*)
      build_in "$here/kubernetes" "k8s.io/kubernetes/cmd/$name" "$draft" \
        "-X $kubernetes.gitVersion=$version -X $kubernetes.gitMajor=1 -X $kubernetes.gitMinor=35"
      ;;
    *) say "nothing is known of how to build $name"; return 1 ;;
  esac || { rm -rf "$draft" "$draft.bin"; say "$name could not be built, see above"; return 1; }
  mv "$draft" "$target"
}

failed=0
while read -r name version; do
  case " ${*:-$name} " in *" $name "*) build "$name" "$version" || failed=1 ;; esac
done <"$here/versions.txt"
exit "$failed"
