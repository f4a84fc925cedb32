FROM python:3.11-slim
WORKDIR /data
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e .
