// A few things to begin with. Their names are Kubernetes' own words.

export const EXAMPLES: readonly { readonly name: string; readonly yaml: string }[] = [
  {
    name: 'Deployment + Service',
    yaml: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.27
          ports:
            - containerPort: 80
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - port: 80
`,
  },
  {
    name: 'Job',
    yaml: `apiVersion: batch/v1
kind: Job
metadata:
  name: count
spec:
  completions: 6
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: count
          image: busybox
          command: ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 1; done"]
`,
  },
  {
    name: 'CronJob',
    yaml: `apiVersion: batch/v1
kind: CronJob
metadata:
  name: tick
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
            - name: tick
              image: busybox
              command: ["date"]
`,
  },
  {
    name: 'StatefulSet',
    yaml: `apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: None
  selector:
    app: db
  ports:
    - port: 6379
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db
  replicas: 3
  selector:
    matchLabels:
      app: db
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: redis
          image: redis:7
          ports:
            - containerPort: 6379
`,
  },
  {
    name: 'Pod without a place',
    yaml: `apiVersion: v1
kind: Pod
metadata:
  name: too-large
spec:
  containers:
    - name: main
      image: nginx
      resources:
        requests:
          cpu: "500"
`,
  },
];
