# A day's work with the Python client. Prints what it found; python.test.ts looks at it.
import json
import sys

from kubernetes import client, config, watch

config.load_kube_config(config_file=sys.argv[1])
core, apps = client.CoreV1Api(), client.AppsV1Api()
found = {"nodes": len(core.list_node().items)}

labels = {"app": "web"}
spec = client.V1DeploymentSpec(
    replicas=2,
    selector=client.V1LabelSelector(match_labels=labels),
    template=client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels),
        spec=client.V1PodSpec(containers=[client.V1Container(name="nginx", image="nginx")]),
    ),
)
apps.create_namespaced_deployment("default", client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec))

running = set()
watcher = watch.Watch()
for event in watcher.stream(core.list_namespaced_pod, "default", label_selector="app=web", timeout_seconds=30):
    pod = event["object"]
    if pod.status.phase == "Running":
        running.add(pod.metadata.name)
    if len(running) == 2:
        watcher.stop()
found["running"] = len(running)

apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})
found["replicas"] = apps.read_namespaced_deployment("web", "default").spec.replicas

core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="settings"), data={"colour": "blue"}))
core.patch_namespaced_config_map("settings", "default", {"data": {"size": "big"}})
found["data"] = core.read_namespaced_config_map("settings", "default").data
try:
    core.read_namespaced_config_map("none", "default")
except client.ApiException as error:
    found["missing"] = error.status
apps.delete_namespaced_deployment("web", "default")
found["left"] = [one.metadata.name for one in apps.list_namespaced_deployment("default").items]
print(json.dumps(found))
