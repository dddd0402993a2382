using JobRunner;

JobHost.ServeJobClass<Job>(args);
